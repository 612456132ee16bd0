import './codes.ts';
import { type Migration, migrationsIn } from '#platform/db';

export { callerChanged } from './callers.ts';
export { createIdentity, type Identity, type IdentityParts, type IdentitySettings } from './identity.ts';
export { userByEmail } from './store.ts';
export type { AccountOwner, MadeUser, UserToMake } from './registration.ts';
export { allowsScope } from './scopes.ts';
export type { AuthTokens } from './sessions.ts';
export type { Membership } from './users.ts';

export const identityMigrations = (): Migration[] => migrationsIn('identity', import.meta.url);
