import './codes.ts';
import { type Migration, migrationsIn } from '#platform/db';

export { type Accounts, type AccountsParts, createAccounts } from './accounts.ts';

export const accountsMigrations = (): Migration[] => migrationsIn('accounts', import.meta.url);
