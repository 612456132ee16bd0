import { defineModule } from '#platform/module';
import { ownerRoutes } from './routes.ts';
import { createOwnerSignIn } from './sign-in-link.ts';
import { ownerSystemUses } from './system-uses.ts';

export { type CodePlace, createOneTimeCodes, type OneTimeCodes } from './one-time-code.ts';
export { ownerFileOf, ownerKeyOf } from './owner-file.ts';
export { ensureOwner } from './owner.ts';
export { createOwnerSignIn, folderCodes, newSignInLink } from './sign-in-link.ts';

/** This module, for the list of all of them. */
export const ownerModule = defineModule({
  name: 'owner',
  purpose: 'the local owner of a first start, and their file in the data folder',
  systemUses: ownerSystemUses,
  routes: ownerRoutes,
  create: createOwnerSignIn,
});
