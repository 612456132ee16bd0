import type { Patch } from './patch.ts';

const GOOGLE = 'test/identity/google.test.ts ::';
const BACK = `${GOOGLE} what a browser comes back with >`;
const CODE = `${GOOGLE} a one-time code >`;
const LINKING = 'test/identity/linking.test.ts ::';
const CLAIMED = `${LINKING} an address that is not verified > here,`;
const CLIENT = 'src/platform/identity/federation/openid.test.ts ::';
const IN = 'src/platform/identity/federation';

/** Sign-ins at providers. */
export const FEDERATION: readonly Patch[] = [
  {
    name: 'state-good-in-any-browser',
    file: `${IN}/state-store.ts`,
    find: 'where state_hash = $1 and browser_hash = $2 and provider = $3 and',
    replace: "where state_hash = $1 and browser_hash || $2 <> '' and provider = $3 and",
    expects: `${BACK} is worth nothing in another browser, and stays good in its own`,
  },
  {
    name: 'state-good-for-ever',
    file: `${IN}/state-store.ts`,
    find: 'and provider = $3 and expires_at > app.now()',
    replace: 'and provider = $3',
    expects: `${BACK} is good for ten minutes`,
  },
  {
    name: 'state-sent-as-it-rests',
    file: `${IN}/flows.ts`,
    find: 'const stateHash = sha256(state);',
    replace: 'const stateHash = state;',
    expects: `${BACK} rests nowhere as it is, nor what Google is asked with`,
  },
  {
    name: 'one-time-code-good-twice',
    file: `${IN}/flows.ts`,
    find: "      if (used === undefined) throw new AppError('sign_in_failed');\n    },\n  });",
    replace: '      void used;\n    },\n  });',
    expects: `${CODE} is exchanged once of two at once`,
  },
  {
    name: 'one-time-code-good-for-anybody',
    file: `${IN}/flows.ts`,
    find: 'found === undefined || !equalInConstantTime(found.code_challenge, challenge)',
    replace: 'found === undefined || challenge === found.method',
    expects: `${CODE} is worth nothing to whoever does not know what its page kept, and altered`,
  },
  {
    name: 'signature-not-looked-at',
    file: `${IN}/openid.ts`,
    find: '  openid.enableNonRepudiationChecks(config);\n',
    replace: '',
    expects: `${BACK} with an ID token that is not signed by us makes nobody`,
  },
  {
    name: 'unverified-at-the-provider-believed',
    file: `${IN}/people.ts`,
    find: 'if (!emailVerified || ',
    replace: 'if (',
    expects: `${LINKING} an address that is not verified > there, links to nobody`,
  },
  {
    name: 'squatter-and-owner-meet',
    file: `${IN}/people.ts`,
    find: '  const isClaimed = !user.email_verified;',
    replace: '  const isClaimed = !user.email_verified && named.origin.ip === "";',
    expects: `${CLAIMED} is its owner’s, of whom Google says so: nothing that whoever registered with it began lets in any more`,
  },
  {
    name: 'squatters-key-outlives-the-claim',
    file: `${IN}/claiming.ts`,
    find: '    revokeKeysOf(userId),\n',
    replace: '',
    expects: `${CLAIMED} is its owner’s, of whom Google says so: nothing that whoever registered with it began lets in any more`,
  },
  {
    name: 'squatters-factor-outlives-the-claim',
    file: `${IN}/claiming.ts`,
    find: '    ...takeFactors(userId),\n',
    replace: '',
    expects: `${CLAIMED} is its owner’s, of whom Google says so: nothing that whoever registered with it began lets in any more`,
  },
  {
    name: 'squatters-link-outlives-the-claim',
    file: `${IN}/claiming.ts`,
    find: '    endEmailTokens(userId),\n',
    replace: '',
    expects: `${CLAIMED} is its owner’s, of whom Google says so: nothing that whoever registered with it began lets in any more`,
  },
  {
    name: 'admin-claimed-by-a-provider',
    file: `${IN}/claiming.ts`,
    find: "if (user.role === 'admin') throw new AppError('sign_in_not_linked');",
    replace: '',
    expects: `${CLAIMED} stays whose it is where Google does not hand it out, and where it is an admin of the platform’s`,
  },
  {
    name: 'link-survives-a-reset',
    file: 'src/platform/identity/new-passwords.ts',
    find: 'isReset ? await tx.run(unlinkStrangers(userId)) : []',
    replace: 'isReset && hash === "" ? await tx.run(unlinkStrangers(userId)) : []',
    expects: `${LINKING} a reset by mail unlinks who came by another address than the mail went to, and says so`,
  },
  {
    name: 'sent-back-to-any-host',
    file: `${IN}/returning.ts`,
    find: 'if (place !== start.toLowerCase()) return false;',
    replace: 'if (!place.startsWith(start.toLowerCase())) return false;',
    expects: `${GOOGLE} the way back > never leads to https://app.example.com.evil.example/signed-in`,
  },
  {
    name: 'firebase-token-good-twice',
    file: `${IN}/federation.ts`,
    find: "          if (used.length === 0) throw new AppError('sign_in_failed');\n",
    replace: '',
    expects: 'test/identity/firebase.test.ts :: an ID token of Firebase > lets in once, also of two at once',
  },
  {
    name: 'firebase-token-good-again-by-other-letters',
    file: `${IN}/federation.ts`,
    find: 'sha256(signedPart(idToken))',
    replace: 'sha256(idToken + signedPart(idToken))',
    expects: 'test/identity/firebase.test.ts :: an ID token of Firebase > lets in once, also of two at once',
  },
  {
    name: 'google-believed-for-any-address',
    file: `${IN}/people.ts`,
    find: "if (by !== 'google.com') return true;",
    replace: "if (by !== 'google.com' || email !== '') return true;",
    expects: `${LINKING} an address that is verified on both sides, and that Google does not hand out, > of a private account of Google’s links to nobody, and still registers a newcomer`,
  },
  {
    name: 'provider-answers-without-end',
    file: `${IN}/fetching.ts`,
    find: '    if (size > LARGEST) throw',
    replace: '    if (size > LARGEST * LARGEST) throw',
    expects: `${CLIENT} a provider that > answers without end is cut off at 256 KiB`,
  },
  {
    name: 'provider-looked-up-unchecked',
    file: `${IN}/fetching.ts`,
    find: '      lookup: checkedLookup(url, parts.resolve ?? systemResolve, parts),\n',
    replace:
      '      lookup: checkedLookup(url, parts.resolve ?? systemResolve, { allowLoopback: parts.allowLoopback || url.port !== "" }),\n',
    expects: `${CLIENT} a provider that > leads to this machine is not connected to, but in development`,
  },
];
