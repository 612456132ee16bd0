export { createFolding, type Folding, type FoldingParts } from './folding.ts';
