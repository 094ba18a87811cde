"""A session that is kept while its client is away (MQTT 3.1.1, clean_session=False)."""
from paho.mqtt import client as mqtt_client
from paho.mqtt.client import MQTTv311

from common import HOST, PORT, say


class Demo(object):
    def __init__(self, host, port, client_id):
        self.host = host
        self.port = port
        self.handClient = mqtt_client.Client(
            client_id=client_id, protocol=MQTTv311, transport="tcp", clean_session=False
        )
        self.handClient.on_message = self.on_message
        self.handClient.on_subscribe = self.on_subscribe

    def on_subscribe(self, client, userdata, mid, granted_qos):
        say("subscribed", granted_qos)

    def on_message(self, client, userdata, msg):
        say(msg.topic, msg.payload.decode("utf-8"))

    def openConnect(self, topic):
        self.handClient.connect(self.host, self.port)
        self.handClient.subscribe(topic, qos=1)

    def startLoop(self):
        self.handClient.loop_forever()


demo = Demo(host=HOST, port=PORT, client_id="getGame")
demo.openConnect("clean_session_false")
demo.startLoop()
