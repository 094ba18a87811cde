"""Publishes and ends: no network loop, no DISCONNECT, no answer is read."""
import time

from paho.mqtt import client as mqtt_client
from paho.mqtt.client import MQTTv311

from common import HOST, PORT


class Demo(object):
    def __init__(self, client_id, host, port):
        self.handClient = mqtt_client.Client(client_id=client_id, protocol=MQTTv311, transport="tcp")
        self.handClient.connect(host, port)

    def sendMessage(self, topic):
        for i in range(3):
            self.handClient.publish(topic, "kept %d" % i, qos=1)


demo = Demo("setGame", HOST, PORT)
demo.sendMessage("clean_session_false")
# At the end of a program that has not read its answers the operating system throws away what it
# has not sent yet; on a busy machine that takes longer than the rest of the program.
time.sleep(0.5)
