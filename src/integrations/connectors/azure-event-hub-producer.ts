import { azureEventHubProducer, EVENT_HUBS_PORT } from '#config/fields/integrations/kafka.ts'
import { openKafkaProducer } from '#drivers/kafka-producer.ts'
import { defineConnector } from '#plugin/define-connector.ts'
import { kafkaSettings, kafkaSink } from '../kafka-sink.ts'

/** The name that stands for whoever has the connection string. */
const USERNAME = '$ConnectionString'

/** `azure_event_hub_producer`: messages to event hubs, by the protocol of Kafka. */
export default defineConnector({
  description: azureEventHubProducer,
  open(config, context) {
    const { password } = config.authentication
    const login = { mechanism: 'plain', username: USERNAME, password } as const
    return openKafkaProducer(kafkaSettings(config, login, context, EVENT_HUBS_PORT, true))
  },
  check: (producer) => producer.check(),
  close: (producer) => producer.close(),
  sink: {
    open: (parameters, producer) =>
      kafkaSink({ ...parameters, compression: 'no_compression' }, producer),
  },
})
