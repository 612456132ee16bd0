import type { Patch } from './patch.ts';

const POLICY = 'src/platform/ai/safety/reply-policy.test.ts :: a feature whose replies are checked >';
const CUT = 'src/platform/ai/sanitizer/sanitizer.test.ts :: a reply that would repeat a secret prompt >';
const EARLIER = 'src/server/precheck.test.ts :: what was written earlier >';

/** What people in distress are answered, and what no reply may say. */
export const SAFETY: readonly Patch[] = [
  {
    name: 'reply-check-of-a-policy-ignored',
    file: 'src/platform/ai/ai.ts',
    find: 'replyCheck: policy.replyCheck',
    replace: "replyCheck: 'none'",
    expects: `${POLICY} cuts a text before the sentence that nobody should read, taken word by word`,
  },
  {
    name: 'unfit-sentence-passed-on',
    file: 'safety/src/reply-check.ts',
    find: "return result.fit ? show : '';",
    replace: 'return show;',
    expects: `${POLICY} cuts a text before the sentence that nobody should read, taken whole`,
  },
  {
    name: 'unfit-object-taken',
    file: 'src/platform/ai/sanitizer/guard.ts',
    find: "const rules = replyCheck === 'none' ? [] : checkReply(text).rules;",
    replace: 'const rules: string[] = [];',
    expects: `${POLICY} asks again for an object that holds one, and says in the end that none can be used`,
  },
  {
    name: 'unfit-text-asked-for-again',
    file: 'src/platform/ai/text-stream.ts',
    find: "const isUnfit = end.cut === 'unfit';",
    replace: 'const isUnfit = false;',
    expects: `${POLICY} answers with nothing where it is the first sentence, and asks nobody again`,
  },
  {
    name: 'unfit-reply-not-written-down',
    file: 'src/platform/ai/sanitizer/guard.ts',
    find: 'parts.findings?.record({ ...found, product, route: feature, requestId, accountId, userId });',
    replace: '',
    expects: `${POLICY} drops an element of a list that holds one, and keeps the others`,
  },
  {
    name: 'sentences-cut-within-words',
    file: 'safety/src/reply-check.ts',
    find: '(?=\\s)/;',
    replace: '/;',
    expects: 'safety/src/precheck.test.ts :: a reply > is not fit with letters with dots, however it is cut',
  },
  {
    name: 'leak-bit-by-bit-not-seen',
    file: 'src/platform/ai/sanitizer/guard.ts',
    find: 'own ?? sanitizer?.leakIn(`${passed}\\n${text}`)',
    replace: 'own',
    expects:
      'src/platform/ai/sanitizer/guard.test.ts :: a prompt that is split over the fields of an object, or the elements of a list, is found',
  },
  {
    name: 'codes-of-single-words-overlooked',
    file: 'src/platform/ai/sanitizer/decoded.ts',
    find: 'if (this.#alphabet.border.includes(character)) this.#next();',
    replace: 'if (false) this.#next();',
    expects: `${CUT} in base64, word by word is cut, however it is split`,
  },
  {
    name: 'letters-that-look-alike-told-apart',
    file: 'src/platform/ai/sanitizer/windows.ts',
    find: 'LOOK_ALIKES[letters] ?? letters',
    replace: 'letters',
    expects: `${CUT} in letters that look alike is cut, however it is split`,
  },
  {
    name: 'digits-keep-words-apart',
    file: 'src/platform/ai/sanitizer/windows.ts',
    find: 'return /[a-z]/.test(character)',
    replace: 'return /[a-z0-9]/.test(character)',
    expects: `${CUT} as a list with numbers is cut, however it is split`,
  },
  {
    name: 'what-was-written-earlier-not-looked-at',
    file: 'src/server/precheck.ts',
    find: ', await stored()]',
    replace: ']',
    expects: `${EARLIER} is looked at with what is said now, before rates and limits`,
  },
  {
    name: 'failure-before-the-rates',
    file: 'src/server/precheck.ts',
    find: '      failure = error;\n',
    replace: '      throw error;\n',
    expects: `${EARLIER} and can not be read is the answer, once the rates were taken`,
  },
  {
    name: 'kept-text-refused-in-a-crisis',
    file: 'src/server/precheck.ts',
    find: "looked?.result.status === 'crisis' && route.shape.precheck?.crisis !== undefined",
    replace: "looked?.result.status === 'crisis'",
    expects:
      'src/server/precheck.test.ts :: what is only kept goes on in a crisis: its handler has words and helplines, and nobody gives it a second look',
  },
  {
    name: 'old-helplines-not-told',
    file: 'src/main/doctor.ts',
    find: 'if (old.length === 0)',
    replace: 'if (old.length >= 0)',
    expects:
      'src/main/doctor.test.ts :: doctor warns of helplines that nobody has looked at for a year, and of no others',
  },
];
