import type { StoredRecord, VaultState, VaultStore } from '@plinth/sdk/vault';

/** A vault's store in the browser's IndexedDB: it outlives the page, and all tabs of the origin share it. */
export async function browserStore(name: string): Promise<VaultStore> {
  const opening = indexedDB.open(name, 1);
  opening.addEventListener('upgradeneeded', () => {
    opening.result.createObjectStore('records', { keyPath: 'id' }).createIndex('table', 'table');
    opening.result.createObjectStore('state');
  });
  const db = await resultOf(opening);
  const records = () => db.transaction('records').objectStore('records');
  return {
    readState: () =>
      resultOf<VaultState | undefined>(db.transaction('state').objectStore('state').get('state')),
    read: (id) => resultOf<StoredRecord | undefined>(records().get(id)),
    list: (table) =>
      resultOf<StoredRecord[]>(
        table === undefined ? records().getAll() : records().index('table').getAll(table),
      ),
    async write({ records: changed = [], state }) {
      const all = db.transaction(['records', 'state'], 'readwrite', { durability: 'strict' });
      for (const record of changed) all.objectStore('records').put(record);
      if (state !== undefined) all.objectStore('state').put(state, 'state');
      await new Promise((resolve, reject) => {
        all.addEventListener('complete', resolve);
        all.addEventListener('abort', () => reject(all.error ?? new Error('not written')));
      });
    },
    exclusive: (work) => navigator.locks.request(name, work),
  };
}

function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('not read')));
  });
}
