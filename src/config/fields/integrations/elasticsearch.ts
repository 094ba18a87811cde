/** `elasticsearch`: documents of Elasticsearch and OpenSearch. */
import { bool, object, oneOf, string, variant } from '../../field.ts'
import { httpServer, password, username } from './http-server.ts'
import { describeIntegration } from './integration.ts'

const index = string({ text: 'Index; may hold places.', required: true, example: 'devices' })
const routing = string({ text: 'Routing of the document; may hold places.' })
const doc = string({
  text: 'The document, JSON; may hold places. Absent: the record.',
  lines: true,
})

export const elasticsearch = describeIntegration({
  type: 'elasticsearch',
  title: 'Elasticsearch, OpenSearch',
  text: 'Creates, updates and deletes documents, those of a batch in one `_bulk` request.',
  proof: 'stand-in',
  connector: {
    ...httpServer(9200),
    authentication: object({ username, password }, { text: 'Who logs in.' }),
  },
  action: variant(
    ['action'],
    [
      object(
        {
          action: oneOf(['create'], { text: 'What is done.', required: true }),
          index,
          id: string({ text: 'Id of the document; may hold places. Absent: a new one.' }),
          doc,
          routing,
          require_alias: bool({ text: 'The index has to be an alias.', default: false }),
          overwrite: bool({ text: 'Replace a document that has the id.', default: true }),
        },
        { text: 'Creates documents.' },
      ),
      object(
        {
          action: oneOf(['update'], { text: 'What is done.', required: true }),
          index,
          id: string({ text: 'Id of the document; may hold places.', required: true }),
          doc,
          routing,
          require_alias: bool({ text: 'The index has to be an alias.', default: false }),
          doc_as_upsert: bool({ text: 'Create what is not there.', default: false }),
        },
        { text: 'Changes documents.' },
      ),
      object(
        {
          action: oneOf(['delete'], { text: 'What is done.', required: true }),
          index,
          id: string({ text: 'Id of the document; may hold places.', required: true }),
          routing,
        },
        { text: 'Deletes documents.' },
      ),
    ],
    { text: 'What is done for each record.', example: { action: 'create', index: 'devices' } },
  ),
  batchSize: 500,
})
