import './codes.ts';
import { type Migration, migrationsIn } from '#platform/db';
import type { Route } from '#platform/http';
import { authRoutes } from './auth-routes.ts';
import { emailRoutes } from './email-routes.ts';
import { keyRoutes } from './key-routes.ts';
import { userRoutes } from './user-routes.ts';

export { callerChanged } from './callers.ts';
export { createIdentity, type Identity, type IdentityParts, type IdentitySettings } from './identity.ts';
export { freshSession } from './session-store.ts';
export { profile, userByEmail } from './store.ts';
export type { AccountOwner, MadeUser, UserToMake } from './registration.ts';
export { allowsScope } from './scopes.ts';
export type { AuthTokens } from './entering.ts';
export type { Membership } from './users.ts';

/** All calls of this module; their service is `Identity`. */
export const identityRoutes: Route[] = [...authRoutes, ...emailRoutes, ...userRoutes, ...keyRoutes];

export const identityMigrations = (): Migration[] => migrationsIn('identity', import.meta.url);
