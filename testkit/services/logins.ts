import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { asAdmin } from './cluster.ts';
import { atEndOfFile } from '@plinth/testkit/closing';
import type { TestDatabase } from './index.ts';

/** A login of a test's own, on the cluster that all test files share. */
export interface TestLogin {
  readonly name: string;
  /** The way to the database that it was made for. */
  readonly url: string;
  /** Runs SQL as a superuser; `$login` stands for the name of the login. */
  alter(...sql: readonly string[]): Promise<void>;
}

/** Makes a login by SQL in which `$login` stands for its name: `grant plinth_tenant to $login`. PostgreSQL alone. */
export async function testLogin(database: TestDatabase, ...sql: readonly string[]): Promise<TestLogin> {
  const services = inject('services');
  if (services.engine !== 'postgres') throw new Error('the embedded database has no logins');
  const name = `login_${process.pid}_${randomBytes(6).toString('hex')}`;
  const direct = database.settings['DIRECT_URL'] ?? database.url;
  // In the test's own database, where what the login owns is.
  const admin = Object.assign(new URL(services.adminUrl), { pathname: new URL(direct).pathname }).href;
  const alter = async (...more: readonly string[]) => {
    await asAdmin(
      admin,
      more.map((one) => one.replaceAll('$login', name)),
    );
  };
  await alter('create role $login login', ...sql);
  atEndOfFile(async () =>
    asAdmin(services.adminUrl, [`drop role if exists ${name}`]).then(
      () => {},
      () => {},
    ),
  );
  return { name, url: Object.assign(new URL(direct), { username: name }).href, alter };
}
