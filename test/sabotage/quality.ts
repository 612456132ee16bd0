import type { Patch } from './patch.ts';

const EVAL = 'scripts/eval/reel.test.ts :: posts on the sandbox >';
const RULES = 'scripts/eval/rules/rules.test.ts :: a bad post is struck out >';
const SANDBOX = 'sandboxes/src/openai/content/posts.test.ts :: posts >';

/** What is written: prompts, the sandbox that answers them, and the rules that judge. */
export const QUALITY: readonly Patch[] = [
  {
    name: 'posts-always-in-english',
    file: 'src/products/reel/generations/variants.ts',
    find: 'language: brief.language,',
    replace: "language: 'en',",
    expects: `${EVAL} are in the language that the brief asks for`,
  },
  {
    name: 'topic-of-nobody',
    file: 'src/products/reel/generations/variants.ts',
    find: 'topic: brief.topic,',
    replace: "topic: 'Anything at all',",
    expects: `${EVAL} are about the topic, also one that is an order to print the prompt`,
  },
  {
    name: 'topic-begins-lines-of-its-own',
    file: 'src/products/reel/prompts/post.v1.md',
    find: 'Topic: {{quoted topic}}',
    replace: 'Topic: {{topic}}',
    expects:
      'src/products/reel/prompts/prompts.test.ts :: in the prompt "post" > whatever a creator types, it begins no line and adds nothing to the instructions',
  },
  {
    name: 'topic-among-the-instructions',
    file: 'src/products/reel/prompts/post.v1.md',
    find: 'One idea. Decide',
    replace: 'One idea of {{topic}}. Decide',
    expects:
      'src/products/reel/prompts/prompts.test.ts :: in the prompt "post" > whatever a creator types, it begins no line and adds nothing to the instructions',
  },
  {
    name: 'quotes-that-a-value-can-close',
    file: 'src/platform/ai/prompts.ts',
    find: 'onOneLine(String(value));',
    replace: '`"${String(value)}"`;',
    expects:
      'src/platform/ai/prompts.test.ts :: what is quoted can neither close its quotes nor begin a line of its own',
  },
  {
    name: 'wide-letters-counted-once-on-x',
    file: 'src/products/reel/platforms.ts',
    find: '    counts: weightOnX,\n',
    replace: '',
    expects:
      'src/products/reel/platforms.test.ts :: a post is as long > as X counts it: a Japanese letter counts twice',
  },
  {
    name: 'written-hooks-written-again',
    file: 'sandboxes/src/openai/content/posts.ts',
    find: '!taken.includes(hook)',
    replace: 'taken.length >= 0',
    expects: `${SANDBOX} hooks that are written already are not written again`,
  },
  {
    name: 'cut-posts-as-long-as-before',
    file: 'sandboxes/src/openai/content/posts.ts',
    find: '(most > 0 ? found.map((object) => shortened(object, most)) : found)',
    replace: 'found',
    expects:
      'scripts/eval/reel.test.ts :: a post that comes out too long for its platform is cut, and keeps its hook',
  },
  {
    name: 'language-not-judged',
    file: 'scripts/eval/rules/language.ts',
    find: 'if (!KNOWN.has(asked)) return undefined;',
    replace: 'if (KNOWN.has(asked)) return undefined;',
    expects: `${RULES} by the rule "language": an English post where German was asked for`,
  },
  {
    name: 'failures-left-out-of-the-score',
    file: 'scripts/eval/score.ts',
    find: 'share(kept(judged), judged.length + failed)',
    replace: 'share(kept(judged), judged.length)',
    expects:
      'scripts/eval/score.test.ts :: a request without a post counts as a variant that breaks every rule',
  },
];
