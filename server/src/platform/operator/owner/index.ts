import { defineModule } from '#platform/module';
import { ownerRoutes } from './routes.ts';
import { createOwnerSignIn } from './sign-in-link.ts';

export { type CodePlace, createOneTimeCodes, type OneTimeCodes } from './one-time-code.ts';
export { localOwner, ownerFileOf, ownerKeyOf } from './owner-file.ts';
export { ensureOwner } from './owner.ts';
export { noSample, type Sample, type SampleState } from './sample.ts';
export { createOwnerSignIn, folderCodes, newSignInLink } from './sign-in-link.ts';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
const systemUses = {
  'owner.first-start': 'the first start makes the local owner, later ones give them plans of new products',
  'owner.sign-in': 'the local owner signs in by a link: nobody is signed in yet',
};

declare module '#platform/db' {
  interface SystemUses extends Readonly<typeof systemUses> {}
}

/** This module, for the list of all of them. */
export const ownerModule = defineModule({
  name: 'owner',
  purpose: 'the local owner of a first start, and their file in the data folder; the sample shop beside it',
  systemUses,
  routes: ownerRoutes,
  create: createOwnerSignIn,
});
