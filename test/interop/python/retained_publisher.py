"""Publishes a retained message ten times a second until it is ended."""
import time

from paho.mqtt import client as mqtt_client
from paho.mqtt.client import MQTTv311, connack_string

from common import HOST, PORT, say


class Demo(object):
    def __init__(self, host, port, client_id):
        self.handClient = mqtt_client.Client(client_id=client_id, protocol=MQTTv311, transport="tcp")
        self.handClient.connect_async(host, port)
        self.handClient.on_connect = self.on_connect
        self.handClient.loop_start()

    def on_connect(self, client, userdata, flags, rc):
        say(connack_string(rc))

    def sendMessage(self, topic):
        count = 0
        while True:
            time.sleep(0.1)
            self.handClient.publish(topic, "value %d" % count, retain=True, qos=0)
            count += 1


Demo(host=HOST, port=PORT, client_id="getGame").sendMessage("retain")
