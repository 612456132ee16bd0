import { DUNNING } from './histories/dunning.ts';
import { RETURNING } from './histories/returning.ts';
import { prove } from './prove.ts';

prove([...DUNNING, ...RETURNING]);
