export { type LocalMemory, type LocalMemoryOptions, openLocalMemory } from './store.ts';
export { type MergedContext, withLocalMemory } from './with-local.ts';
