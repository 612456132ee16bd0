import { commitPoint, type DatabaseOptions, openDatabase, statement } from '#platform/db';

const INSERT = commitPoint('bench.insert', 'one row');
const SECONDS = 3;

/** Commits of a single-row insert a second, each in a transaction of its own: what the engine gives for the asking. */
export async function measureCommits(options: DatabaseOptions, callers: number): Promise<number> {
  const db = await openDatabase(options);
  await db.script(
    'drop table if exists public.bench_rows; create table public.bench_rows (id bigint generated always as identity primary key, at timestamptz default now())',
  );
  await db.script(
    'do $$ begin create role plinth_system; exception when duplicate_object then null; end $$; grant insert on public.bench_rows to plinth_system',
  );
  const until = performance.now() + SECONDS * 1_000;
  let count = 0;
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() < until) {
        await db.system('limits.sweep', INSERT, [statement('insert into public.bench_rows default values')]);
        count += 1;
      }
    }),
  );
  await db.script('drop table public.bench_rows');
  await db.close();
  return count / SECONDS;
}
