"""One round trip of every QoS: transport.py PORT TRANSPORT VERSION [CAFILE [CERT KEY]]"""
import ssl
import sys

from paho.mqtt import client as mqtt_client

from common import HOST, PORT, say

VERSIONS = {
    "3.1": mqtt_client.MQTTv31,
    "3.1.1": mqtt_client.MQTTv311,
    "5": mqtt_client.MQTTv5,
}
transport, version = sys.argv[2:4]
files = sys.argv[4:]
topic = "transport/%d/%s" % (PORT, version)
received = []


def on_connect(client, userdata, flags, rc, properties=None):
    client.subscribe(topic, qos=2)


def on_subscribe(client, userdata, mid, granted, properties=None):
    for qos in (0, 1, 2):
        client.publish(topic, "payload %d" % qos, qos=qos)


def on_message(client, userdata, message):
    received.append("%d %s" % (message.qos, message.payload.decode("utf-8")))
    if len(received) == 3:
        client.disconnect()


def on_disconnect(client, userdata, rc, properties=None):
    say("disconnected", rc)


handClient = mqtt_client.Client(
    client_id="transport-%d-%s" % (PORT, version), protocol=VERSIONS[version], transport=transport
)
if transport == "websockets":
    handClient.ws_set_options(path="/mqtt")
if files == ["insecure"]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    handClient.tls_set_context(context)
    handClient.tls_insecure_set(True)
elif files:
    handClient.tls_set(*files)
handClient.on_connect = on_connect
handClient.on_subscribe = on_subscribe
handClient.on_message = on_message
handClient.on_disconnect = on_disconnect
handClient.connect(HOST, PORT)
handClient.loop_forever()
say(", ".join(sorted(received)))
