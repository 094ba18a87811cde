import { confluentProducer, KAFKA_PORT } from '#config/fields/integrations/kafka.ts'
import { openKafkaProducer } from '#drivers/kafka-producer.ts'
import { defineConnector } from '#plugin/define-connector.ts'
import { kafkaSettings, kafkaSink } from '../kafka-sink.ts'

/** `confluent_producer`: messages to topics of Confluent Cloud. */
export default defineConnector({
  description: confluentProducer,
  open(config, context) {
    const login = { mechanism: 'plain', ...config.authentication } as const
    return openKafkaProducer(kafkaSettings(config, login, context, KAFKA_PORT, true))
  },
  check: (producer) => producer.check(),
  close: (producer) => producer.close(),
  sink: { open: (parameters, producer) => kafkaSink(parameters, producer) },
})
