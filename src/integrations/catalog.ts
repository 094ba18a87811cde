import type { AnyConnector } from '#plugin/define-connector.ts'
import azureEventHubProducer from './connectors/azure-event-hub-producer.ts'
import clickhouse from './connectors/clickhouse.ts'
import confluentProducer from './connectors/confluent-producer.ts'
import couchbase from './connectors/couchbase.ts'
import datalayers from './connectors/datalayers.ts'
import diskLog from './connectors/disk-log.ts'
import elasticsearch from './connectors/elasticsearch.ts'
import greptimedb from './connectors/greptimedb.ts'
import http from './connectors/http.ts'
import influxdb from './connectors/influxdb.ts'
import iotdb from './connectors/iotdb.ts'
import kafkaConsumer from './connectors/kafka-consumer.ts'
import kafkaProducer from './connectors/kafka-producer.ts'
import mongodb from './connectors/mongodb.ts'
import mqtt from './connectors/mqtt.ts'
import mysql from './connectors/mysql.ts'
import nats from './connectors/nats.ts'
import opents from './connectors/opents.ts'
import pgsql from './connectors/pgsql.ts'
import rabbitmq from './connectors/rabbitmq.ts'
import redis from './connectors/redis.ts'
import s3 from './connectors/s3.ts'
import syslog from './connectors/syslog.ts'
import tdengine from './connectors/tdengine.ts'
import timescale from './connectors/timescale.ts'

/** Every connector there is. */
export const CONNECTORS: readonly AnyConnector[] = [
  azureEventHubProducer,
  clickhouse,
  confluentProducer,
  couchbase,
  datalayers,
  diskLog,
  elasticsearch,
  greptimedb,
  http,
  influxdb,
  iotdb,
  kafkaConsumer,
  kafkaProducer,
  mongodb,
  mqtt,
  mysql,
  nats,
  opents,
  pgsql,
  rabbitmq,
  redis,
  s3,
  syslog,
  tdengine,
  timescale,
]

/** The connector of a type, or undefined. */
export function connectorOf(type: string): AnyConnector | undefined {
  return CONNECTORS.find(({ description }) => description.type === type)
}
