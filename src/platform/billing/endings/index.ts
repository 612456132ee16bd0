export { createEndings, type Endings, type EndingsParts } from './endings.ts';
