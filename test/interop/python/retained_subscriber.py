"""Connects in the background, subscribes when connected, says which messages are retained."""
from functools import partial

from paho.mqtt import client as mqtt_client
from paho.mqtt.client import MQTTv311, connack_string

from common import HOST, PORT, say


class Demo(object):
    def __init__(self, client_id, host, port):
        self.handClient = mqtt_client.Client(client_id=client_id, protocol=MQTTv311, transport="tcp")
        self.handClient.connect_async(host, port)
        self.handClient.on_message = self.on_message

    def on_connect(self, client, userdata, flags, rc, **kwargs):
        say(connack_string(rc))
        self.handClient.subscribe(kwargs["topic"])

    def on_message(self, client, userdata, message):
        say("retained" if message.retain == 1 else "live", message.payload.decode("utf-8"))

    def receive_message(self, topic):
        self.handClient.on_connect = partial(self.on_connect, topic=topic)
        self.handClient.loop_forever()


Demo("receive", HOST, PORT).receive_message("retain")
