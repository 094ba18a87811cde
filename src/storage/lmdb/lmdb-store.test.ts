import { makeLmdbContent } from '../../../test/storage/lmdb-content.ts'
import { testStore } from '../../../test/storage/store-kit.ts'
import { Durability } from '../durability.ts'

testStore('lmdb store in mode batch', () => makeLmdbContent(Durability.BATCH), 15)
testStore('lmdb store in mode sync', () => makeLmdbContent(Durability.SYNC), 15)
