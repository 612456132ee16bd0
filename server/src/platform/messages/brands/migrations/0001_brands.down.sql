drop table brands.brands;
drop sequence brands.brand_numbers;
drop schema brands;
