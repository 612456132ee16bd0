import { AppError, declareErrors } from '#platform/kernel';
import { commitPoint } from './commit-points.ts';
import type { Database } from './port.ts';
import { statement } from './statement.ts';

declareErrors({
  database_moved: { status: 500, message: 'The data of this database was moved to another one.' },
});

const LEFT = commitPoint('db.left', 'the note in the embedded database that everything was moved away');
const REOPENED = commitPoint('db.reopened', 'the embedded database in use again after a move');

/** Which data a database keeps. The id goes with the data: into copies, into backups, and along with a move. */
export interface Installation {
  readonly id: string;
  /** Where everything was moved to, without a login; null where the data is in use. */
  readonly movedTo: string | null;
  readonly movedAt: Date | null;
}

const INSTALLATION = statement<Installation>(
  'select id, moved_to as "movedTo", moved_at as "movedAt" from app.installation',
);

/** Which data this migrated database keeps. */
export async function installationOf(db: Database): Promise<Installation> {
  const [[found]] = await db.system('db.installation', [INSTALLATION]);
  if (found === undefined) throw new Error('app.installation has no row');
  return found;
}

/** Two programs on two copies of one set of data would do each waiting job twice: one that was moved away stays as it is. */
export async function assertNotMoved(db: Database): Promise<void> {
  const { movedTo, movedAt } = await installationOf(db);
  if (movedTo === null) return;
  throw new AppError('database_moved', {
    message: `The data of this database was moved to ${movedTo} (${movedAt?.toISOString()}). Set DATABASE_URL to go on there. "plinth move --reopen" goes on here, without anything that happened there.`,
  });
}

/** Notes that everything is elsewhere now. */
export async function leave(db: Database, movedTo: string): Promise<void> {
  await db.system('db.installation', LEFT, [
    statement('update app.installation set moved_to = $1, moved_at = app.now(), updated_at = app.now()', [
      movedTo,
    ]),
  ]);
}

/** Takes back `leave`. */
export async function reopen(db: Database): Promise<void> {
  await db.system('db.installation', REOPENED, [
    statement('update app.installation set moved_to = null, moved_at = null, updated_at = app.now()'),
  ]);
}
