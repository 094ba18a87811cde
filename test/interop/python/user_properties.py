"""User properties and keep alive of MQTT 5, and the reason codes that come back."""
from paho.mqtt import client as mqtt_client
from paho.mqtt.client import MQTTv5
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from common import HOST, PORT, say

CONNECT = Properties(PacketTypes.CONNECT)
CONNECT.UserProperty = [("region", "A"), ("type", "JSON")]
CONNECT.SessionExpiryInterval = 60
PUBLISH = Properties(PacketTypes.PUBLISH)
PUBLISH.UserProperty = [("region", "A"), ("type", "JSON")]
PUBLISH.MessageExpiryInterval = 600
PUBLISH.ContentType = "application/json"
PUBLISH.PayloadFormatIndicator = 1


def on_connect(client, userdata, flags, reasonCode, properties):
    say("connected", reasonCode.value, flags["session present"])
    client.subscribe("properties", qos=2)


def on_subscribe(client, userdata, mid, reasonCodes, properties):
    client.publish("properties", "{}", retain=True, qos=2, properties=PUBLISH)


def on_message(client, userdata, message):
    properties = message.properties
    left = properties.MessageExpiryInterval
    say(properties.UserProperty, properties.ContentType, 590 < left <= 600)
    client.disconnect()


handClient = mqtt_client.Client(
    client_id="getGame", protocol=MQTTv5, userdata={"username": "leroy", "password": "password"}
)
handClient.username_pw_set("leroy", "password")
handClient.on_connect = on_connect
handClient.on_subscribe = on_subscribe
handClient.on_message = on_message
handClient.connect(HOST, PORT, keepalive=600, clean_start=True, properties=CONNECT)
handClient.loop_forever()
