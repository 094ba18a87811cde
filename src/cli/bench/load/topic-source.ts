import { parseTopicTemplate } from '../topic-template.ts'

/** Topics up to this many are made once. */
const TABLE_MAX = 131_072

/** Gives messages their topics. */
export interface TopicSource {
  /** All messages of a publisher have the same topic. */
  readonly fixed: boolean
  /** Topic of the message `sequence` of a publisher, in UTF-8. */
  topicOf(publisher: number, sequence: number): Buffer
}

/** What a source needs to know of the plan. */
export interface TopicPlan {
  readonly topic: string
  readonly topics: number
  readonly publishers: number
  readonly username: string
  readonly clientIdOf: (publisher: number) => string
}

/** A source of topics after the template of a plan. */
export function makeTopicSource(plan: TopicPlan): TopicSource {
  const template = parseTopicTemplate(plan.topic)
  const { topics, publishers, username, clientIdOf } = plan
  if (!template.variesByMessage) {
    return {
      fixed: true,
      topicOf(publisher) {
        const values = { i: publisher, s: 0, r: 0, c: clientIdOf(publisher), u: username }
        return Buffer.from(template.render(values))
      },
    }
  }
  const make = (index: number): Buffer =>
    Buffer.from(template.render({ i: 0, s: index, r: index, c: '', u: username }))
  const table = topics > TABLE_MAX ? [] : Array.from({ length: topics }, (_, index) => make(index))
  const isRandom = /\{r/.test(plan.topic)
  return {
    fixed: false,
    topicOf(publisher, sequence) {
      const index = isRandom
        ? Math.floor(Math.random() * topics)
        : (publisher + sequence * publishers) % topics
      return table[index] ?? make(index)
    },
  }
}
