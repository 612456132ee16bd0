import { declareErrors } from '#platform/kernel';

declareErrors({
  grant_over: {
    status: 409,
    message: 'This grant is over: it can not be changed any more.',
  },
  product_off: {
    status: 404,
    message: 'This product is off on this server. Its operator turns it on by the setting PRODUCTS.',
  },
  wrong_account_kind: {
    status: 403,
    message:
      'This product is not for accounts of this kind: it is either for organizations or for personal accounts. Name another in X-Account-Id.',
  },
});
