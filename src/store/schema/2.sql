-- The account a call was made with: what the log of another account does not hold says nothing of it.
ALTER TABLE claims ADD COLUMN account TEXT;
