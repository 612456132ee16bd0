import './errors.ts';
import { declareLongUses, migrationsIn } from '#platform/db';
import type { Route } from '#platform/http';
import { adminRoutes } from './admins/admin-routes.ts';
import { authRoutes } from './sessions/auth-routes.ts';
import { emailRoutes } from './email/email-routes.ts';
import { closingRoutes } from './closing/closing-routes.ts';
import { federationRoutes } from './federation/federation-routes.ts';
import { mailSignInRoutes } from './mail-sign-ins/mail-sign-in-routes.ts';
import { keyRoutes } from './keys/key-routes.ts';
import { mfaRoutes } from './mfa/mfa-routes.ts';
import { passkeyRoutes } from './mfa/passkey-routes.ts';
import { userRoutes } from './users/user-routes.ts';
import { defineModule } from '#platform/module';
import { identityDataRules } from './data-rules.ts';
import { createIdentity } from './identity.ts';

export { type AdminList, type Admins, createAdmins, type InvitationResult } from './admins/admins.ts';
export { endAllSignIns, identityDoneAgain } from './done-again.ts';
export { dueUsers, lockDueUser, type ClosingUser, type OwnedOrganizations } from './closing/closing.ts';
export { callbackQuery, startQuery } from './federation/browser-queries.ts';
export { APPLE, type AppleKey, appleSecret, microsoft } from './federation/dialects.ts';
export { createFirebase, type Firebase, type FirebaseSettings } from './federation/firebase.ts';
export type { StartedFlow, FlowStart, ReturnedFlow, SignInFlows } from './federation/flows.ts';
export { NAMES as PROVIDER_NAMES, type Providers } from './federation/providers.ts';
export { createGitHubClient } from './federation/github.ts';
export { returnUrl } from './federation/return-address.ts';
export {
  type Authorization,
  type AuthorizationAnswer,
  createOpenIdClient,
  type Identified,
  type SignInClient,
  type OpenIdParts,
  type OpenIdSettings,
} from './federation/openid.ts';
export { callerChanged } from './callers/callers.ts';
export { createCaptcha } from './guessing/captcha.ts';
export { createIdentity, type Identity, type IdentityParts, type IdentitySettings } from './identity.ts';
export { createSigningKeys } from './signing-keys/signing-keys.ts';
export { lockUser, profile, setDefaultAccount, userByEmail } from './users/user-store.ts';
export { createUserImporter, externalIdSchema } from './importing/user-importer.ts';
export { importedByEmail, type ImportedRow, userByExternalId } from './importing/import-store.ts';
export { assertProven } from './sessions/proof.ts';
export type { AccountOwner, MadeUser, UserToMake } from './users/registration.ts';
export type { KeyView } from './keys/keys.ts';
export { allowsScope } from './keys/scopes.ts';
export type { AddressRule } from './email/email-flows.ts';
export type { SignInRule } from './sessions/session-opening.ts';
export { CODE_PROVIDERS, type CodeProvider } from './sessions/sign-in-replies.ts';
export { deviceNameSchema } from './fields.ts';
export {
  type AuthTokens,
  type Challenge,
  type SignedIn,
  signedInSchema,
} from './sessions/sign-in-replies.ts';
export type { Membership } from './users/users.ts';

/** All calls of this module; their service is `Identity`. */
export const identityRoutes: Route[] = [
  ...authRoutes,
  ...emailRoutes,
  ...federationRoutes,
  ...mailSignInRoutes,
  ...userRoutes,
  ...closingRoutes,
  ...adminRoutes,
  ...mfaRoutes,
  ...passkeyRoutes,
  ...keyRoutes,
];

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
const systemUses = {
  'identity.credentials':
    'nobody is signed in yet: a token, key, email or refresh token is looked up to find out who calls',
  'identity.guessing': 'guesses are counted before anybody is known',
  'identity.prune': 'sessions of all users that were over long ago are deleted',
  'identity.import': 'users of another system, who are nobody here yet',
  'identity.signing-keys': 'the signing keys belong to the server',
  'admin.admins': 'an operator makes and unmakes platform admins at the machine',
  'admin.users': 'a platform admin suspends and reinstates users other than themselves',
};

declare module '#platform/db' {
  interface SystemUses extends Readonly<typeof systemUses> {}
}

declareLongUses('identity.import', 'identity.prune');

/** This module, for the list of all of them. */
export const identityModule = defineModule({
  name: 'identity',
  purpose: 'users, sessions, tokens, keys, what goes by mail',
  migrations: () => migrationsIn('identity', import.meta.url),
  dataRules: identityDataRules,
  systemUses,
  routes: identityRoutes,
  schedules: {
    'signing-keys': { cron: '22 * * * *', run: (identity) => identity.rotateWhenDue() },
    'old-sessions': { cron: '32 * * * *', run: (identity) => identity.sessions.prune() },
    'old-guesses': { cron: '*/5 * * * *', run: (identity) => identity.guessing.prune() },
    'old-admin-invitations': { cron: '12 * * * *', run: (identity) => identity.admins.prune() },
  },
  create: createIdentity,
});
