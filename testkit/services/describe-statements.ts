import { PGlite, protocol } from '@electric-sql/pglite';
import { btree_gin } from '@electric-sql/pglite/contrib/btree_gin';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { Client, type Connection } from 'pg';

/** What PostgreSQL says of a statement without running it. */
export interface Description {
  /** The types of its parameters, by their numbers in pg_type. */
  readonly parameters: readonly number[];
  readonly columns: readonly DescribedColumn[];
  /** Where it is no statement of this database. */
  readonly error?: string;
}

export interface DescribedColumn {
  readonly name: string;
  readonly type: number;
  /** The table's column that it is, both 0 for an expression. */
  readonly table: number;
  readonly place: number;
}

interface RowDescription {
  readonly fields: readonly { name: string; dataTypeID: number; tableID: number; columnID: number }[];
}

const columnsOf = ({ fields }: RowDescription): DescribedColumn[] =>
  fields.map(({ name, dataTypeID, tableID, columnID }) => ({
    name,
    type: dataTypeID,
    table: tableID,
    place: columnID,
  }));

/** Has the embedded database in a folder, which no program has open, describe statements. */
export async function describeEmbedded(folder: string, texts: readonly string[]): Promise<Description[]> {
  const database = await PGlite.create({ dataDir: folder, extensions: { btree_gin, pg_trgm } });
  const answers: Description[] = [];
  try {
    for (const text of texts) answers.push(await describeEmbeddedOne(database, text));
  } finally {
    await database.close();
  }
  return answers;
}

async function describeEmbeddedOne(database: PGlite, text: string): Promise<Description> {
  const { messages: kinds, serialize } = protocol;
  const questions = [serialize.parse({ text }), serialize.describe({ type: 'S' }), serialize.sync()];
  let told: Description = { parameters: [], columns: [] };
  for (const question of questions)
    for (const message of (await database.execProtocol(question, { throwOnError: false })).messages) {
      if (message instanceof kinds.DatabaseError) told = { ...told, error: told.error ?? message.message };
      if (message instanceof kinds.ParameterDescriptionMessage)
        told = { ...told, parameters: message.dataTypeIDs };
      if (message instanceof kinds.RowDescriptionMessage) told = { ...told, columns: columnsOf(message) };
    }
  return told;
}

interface Messages {
  on(name: 'parameterDescription', hear: (message: { dataTypeIDs: readonly number[] }) => void): void;
  parse(message: { text: string }): void;
  describe(message: { type: 'S' }): void;
  sync(): void;
}

/** Has a database describe statements, one after the other. */
export async function describeStatements(url: string, texts: readonly string[]): Promise<Description[]> {
  const client = new Client({ connectionString: url, application_name: 'plinth-tests' });
  await client.connect();
  try {
    return await Promise.all(texts.map((text) => describeStatement(client, text)));
  } finally {
    await client.end();
  }
}

/** A question in the terms of the protocol (Parse, Describe, Sync), which `pg` asks only on the way to running. */
function describeStatement(client: Client, text: string): Promise<Description> {
  let parameters: readonly number[] = [];
  let columns: readonly DescribedColumn[] = [];
  return new Promise((resolve) => {
    const question = {
      submit(connection: Connection) {
        const messages = connection as unknown as Messages & { once: Messages['on'] };
        messages.once('parameterDescription', ({ dataTypeIDs }) => {
          parameters = dataTypeIDs;
        });
        messages.parse({ text });
        messages.describe({ type: 'S' });
        messages.sync();
      },
      handleRowDescription(message: RowDescription) {
        columns = columnsOf(message);
      },
      // After an error the client looks for no answer to this question any more.
      handleError({ message }: Error) {
        resolve({ parameters: [], columns: [], error: message });
      },
      handleReadyForQuery() {
        resolve({ parameters, columns });
      },
    };
    client.query(question as never);
  });
}
