"""Waits for the will of another client in a session that is kept."""
from paho.mqtt import client as mqtt_client
from paho.mqtt.client import MQTTv311

from common import HOST, PORT, say


def on_message(client, userdata, msg):
    say(msg.topic, msg.payload.decode("utf-8"))


def on_subscribe(client, userdata, mid, granted_qos):
    say("subscribed", granted_qos)


handClient = mqtt_client.Client(
    client_id="Simple Demo", protocol=MQTTv311, transport="tcp", clean_session=False
)
handClient.on_message = on_message
handClient.on_subscribe = on_subscribe
handClient.connect(HOST, PORT)
handClient.subscribe("last_will", qos=1)
handClient.loop_forever()
