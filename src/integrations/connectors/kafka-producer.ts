import { KAFKA_PORT, kafkaProducer } from '#config/fields/integrations/kafka.ts'
import { openKafkaProducer } from '#drivers/kafka-producer.ts'
import { defineConnector } from '#plugin/define-connector.ts'
import { kafkaSettings, kafkaSink } from '../kafka-sink.ts'

/** `kafka_producer`: messages to topics of Kafka. */
export default defineConnector({
  description: kafkaProducer,
  open: (config, context) =>
    openKafkaProducer(kafkaSettings(config, config.authentication, context, KAFKA_PORT)),
  check: (producer) => producer.check(),
  close: (producer) => producer.close(),
  sink: { open: (parameters, producer) => kafkaSink(parameters, producer) },
})
