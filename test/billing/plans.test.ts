import { CHANGING } from './histories/changing.ts';
import { SUBSCRIBING } from './histories/subscribing.ts';
import { prove } from './prove.ts';

prove([...SUBSCRIBING, ...CHANGING]);
