import { declareLongUses } from 'plinth/product';

/** Uses of `db.system` by this product, with the reason why no single account or user owns the work. */
export const orbitSystemUses = {
  'orbit.workspaces': 'a person’s workspaces are listed together, and each is an account of its own',
  'orbit.activity': 'the feed of a person is of all workspaces that they are a member of at that instant',
  'orbit.changes': 'old changes of scopes of all accounts go',
  'orbit.live':
    'all who follow scopes at a process are looked at in one query: may they still, what was missed, who is here',
  'orbit.presence':
    'a process says of all who follow scopes at it that they are here, whichever workspaces these are of',
  'orbit.mentions': 'whether somebody is a member still is asked by the job that sends them a mail',
  'orbit.public-templates': 'what the operator publishes for all workspaces is no account’s',
  'orbit.documents': 'uploads of all accounts that were never completed are found',
  'orbit.exports': 'exports whose time is over are swept, those of all accounts',
} as const;

declareLongUses('orbit.changes');

type Own = typeof orbitSystemUses;
declare module 'plinth/product' {
  interface ProductSystemUses extends Own {}
}
