-- Hash of the verified address of the maker of the account, so that a person who registers anew tries nothing anew without a card.
alter table billing.trials add address text;
create index trials_of_address on billing.trials (address, product) where address is not null;
