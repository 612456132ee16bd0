export { type Away } from './away.ts';
export { type Backend, type BackendOptions, createBackend } from './backend.ts';
export { type Customer, type CustomerChange, type Use, type UseEnd } from './customer.ts';
export { type Entry } from './journal.ts';
export { type Refusal, refusalFor } from './refusal.ts';
