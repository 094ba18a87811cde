"""Subscribe options of MQTT 5: no local, retain as published, retain handling, identifier."""
from paho.mqtt import client as mqtt_client
from paho.mqtt.client import MQTTv5
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from common import HOST, PORT, say


def on_connect(client, userdata, flags, reasonCode, properties):
    options = SubscribeOptions(qos=1, noLocal=1, retainAsPublished=1, retainHandling=1)
    subscribe_properties = Properties(PacketTypes.SUBSCRIBE)
    subscribe_properties.SubscriptionIdentifier = 7
    subscribe_properties.UserProperty = ("Subscription Identifier", "1")
    client.subscribe("options", options=options, properties=subscribe_properties)


def on_subscribe(client, userdata, mid, reasonCodes, properties):
    say("subscribed", [code.value for code in reasonCodes])
    if userdata["rounds"] == 0:
        # Not new any more: retain handling 1 gives no retained messages this time.
        userdata["rounds"] = 1
        on_connect(client, userdata, None, None, None)
    else:
        client.publish("options", "my own", qos=1)


def on_message(client, userdata, message):
    identifiers = getattr(message.properties, "SubscriptionIdentifier", [])
    say("retain=%d" % message.retain, message.payload.decode("utf-8"), identifiers)


handClient = mqtt_client.Client(client_id="receive", protocol=MQTTv5, userdata={"rounds": 0})
handClient.on_connect = on_connect
handClient.on_subscribe = on_subscribe
handClient.on_message = on_message
handClient.connect(HOST, PORT)
handClient.loop_forever()
