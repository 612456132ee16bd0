import { test } from 'vitest';
import { walkProduct } from 'plinth/testing';

test('the walls of the gateway hold', { timeout: 600_000 }, () => walkProduct('gateway'));
