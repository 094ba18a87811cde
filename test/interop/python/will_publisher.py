"""A client with a will. With the argument `leave` it disconnects, otherwise it stays."""
import sys

from paho.mqtt import client as mqtt_client
from paho.mqtt.client import MQTTv311

from common import HOST, PORT, say


class Demo(object):
    def __init__(self, host, port, client_id):
        self.host = host
        self.port = port
        self.handClient = mqtt_client.Client(client_id=client_id, protocol=MQTTv311, transport="tcp")
        self.handClient.on_connect = self.on_connect

    def on_connect(self, client, userdata, flags, rc):
        say("connected", rc)

    def openConnect(self, topic):
        self.handClient.will_set(topic, "the will", qos=1)
        self.handClient.connect(self.host, self.port, keepalive=5)

    def closeConnect(self):
        self.handClient.disconnect()


demo = Demo(host=HOST, port=PORT, client_id="Last Will")
demo.openConnect("last_will")
if sys.argv[2:] == ["leave"]:
    demo.closeConnect()
elif sys.argv[2:] == ["exit"]:
    pass
else:
    demo.handClient.loop_forever()
