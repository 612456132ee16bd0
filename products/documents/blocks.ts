/** `@plinth/documents/blocks`: the Markdown of a section as exports read it. It runs in browsers, too. */
export { Budget } from './exports/document/limits.ts';
export { sectionBlocks } from './exports/document/markdown.ts';
export type { Block, Run } from './exports/document/model.ts';
