"""Publishes JSON as fast as ten times a second and hears itself through a wildcard."""
import json
import time

from paho.mqtt import client as mqtt_client

from common import HOST, PORT, say


class Demo(object):
    def __init__(self, host, port, client_id, subscribeTopic, publishTopic):
        self.handClient = mqtt_client.Client(client_id=client_id)
        self.handClient.on_connect = self.on_connect
        self.handClient.on_message = self.on_message
        self.handClient.connect_async(host, port)
        self.publishTopic = publishTopic
        self.subscribeTopic = subscribeTopic

    def on_connect(self, client, userdata, flags, rc):
        if rc == 0:
            say("connected")
            self.handClient.subscribe(self.subscribeTopic)

    def on_message(self, client, userdata, message):
        say(message.topic, json.loads(message.payload.decode("utf-8"))["temperature"])

    def run(self):
        self.handClient.loop_start()
        while True:
            time.sleep(0.1)
            self.handClient.publish(self.publishTopic, '{"temperature": 30, "humidity": 20}')


Demo(
    host=HOST,
    port=PORT,
    client_id="ekuiper quick test",
    subscribeTopic="devices/+/messages",
    publishTopic="devices/device_001/messages",
).run()
