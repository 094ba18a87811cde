"""A member of a shared subscription (MQTT 5) whose name is chosen by the broker."""
from paho.mqtt import client as mqtt_client
from paho.mqtt.client import MQTTv5

from common import HOST, PORT, say


class Demo(object):
    def __init__(self, host, port, client_id, subscribeTopic):
        self.handClient = mqtt_client.Client(client_id=client_id, protocol=MQTTv5)
        self.handClient.on_connect = self.on_connect
        self.handClient.on_message = self.on_message
        self.handClient.on_subscribe = self.on_subscribe
        self.handClient.connect_async(host, port)
        self.subscribeTopic = subscribeTopic

    def on_connect(self, client, userdata, flags, reasonCode, properties):
        if reasonCode == 0:
            say("connected", properties.AssignedClientIdentifier)
            self.handClient.subscribe(self.subscribeTopic)

    def on_subscribe(self, client, userdata, mid, reasonCodes, properties):
        say("subscribed", [code.value for code in reasonCodes])

    def on_message(self, client, userdata, message):
        say(message.topic, message.payload.decode("utf-8"))

    def run(self):
        self.handClient.loop_forever()


Demo(host=HOST, port=PORT, client_id=None, subscribeTopic="$share/g/topic").run()
