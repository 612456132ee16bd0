import { expect, test } from 'vitest';
import { createReturnAddresses } from './return-addresses.ts';

const origins = ['https://app.example.com', 'http://localhost:*'];
const refused = expect.objectContaining({ code: 'validation_failed' });
const to = (address: string, bindsCustomers = true) => {
  const returns = createReturnAddresses({ origins, bindsCustomers }, () => 'https://api.example.com/plinth');
  return {
    payee: () => returns.assertPayee({ return_url: address }),
    customer: () => returns.assertCustomer({ success_url: 'https://app.example.com/', cancel_url: address }),
  };
};

test.each([
  'https://app.example.com/developer?tab=1',
  'https://api.example.com/v1/billing/checkout/closed',
  'http://localhost:5173/done/{CHECKOUT_SESSION_ID}',
])('a page of ours is where browsers are sent: %s', (address) => {
  expect(to(address).payee).not.toThrow();
  expect(to(address).customer).not.toThrow();
});

test.each([
  'https://evil.example.net/',
  'http://app.example.com/',
  'https://app.example.com.evil.example.net/',
  'https://app.example.com@evil.example.net/',
  'https://user:password@app.example.com/',
  'https://app.example.com:8443/',
])('no browser is sent to another page: %s', (address) => {
  expect(to(address).payee).toThrow(refused);
  expect(to(address).customer).toThrow(refused);
});

test('customers come back to any page, and payees to none, where no page is listed', () => {
  const anywhere = to('https://shop.example.net/', false);
  expect(anywhere.customer).not.toThrow();
  expect(anywhere.payee).toThrow(refused);
});
