"""The helpers for single messages, which connect and leave by themselves."""
import paho.mqtt.publish as publish
import paho.mqtt.subscribe as subscribe

from common import HOST, PORT, say

publish.single("helpers/one", "first", qos=1, retain=True, hostname=HOST, port=PORT)
publish.multiple(
    [("helpers/two", "second", 2, True), {"topic": "helpers/three", "payload": "third", "retain": True}],
    hostname=HOST,
    port=PORT,
)
messages = subscribe.simple("helpers/#", qos=1, msg_count=3, retained=True, hostname=HOST, port=PORT)
for message in sorted(messages, key=lambda message: message.topic):
    say(message.topic, message.payload.decode("utf-8"), message.retain)
