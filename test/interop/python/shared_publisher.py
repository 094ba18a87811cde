"""Publishes to the topic that others share, without the prefix, from a thread of its own."""
import time

from paho.mqtt import client as mqtt_client
from paho.mqtt.client import MQTTv5

from common import HOST, PORT, say


class Demo(object):
    def __init__(self, host, port, client_id, publishTopic):
        self.handClient = mqtt_client.Client(client_id=client_id, protocol=MQTTv5)
        self.handClient.connect_async(host, port)
        self.handClient.on_connect = self.on_connect
        self.publishTopic = publishTopic
        self.isConnected = False

    def on_connect(self, client, userdata, flags, reasonCode, properties):
        if reasonCode == 0:
            self.isConnected = True

    def run(self):
        self.handClient.loop_start()
        while not self.isConnected:
            time.sleep(0.01)
        for i in range(40):
            self.handClient.publish(self.publishTopic, "part %d" % i).wait_for_publish()
        self.handClient.disconnect()
        self.handClient.loop_stop()


Demo(host=HOST, port=PORT, client_id="publish", publishTopic="topic").run()
say("published")
