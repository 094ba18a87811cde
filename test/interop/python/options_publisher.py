"""Publishes one retained message with the text of the second argument."""
import sys

import paho.mqtt.publish as publish

from common import HOST, PORT

publish.single("options", sys.argv[2], qos=1, retain=True, hostname=HOST, port=PORT)
