-- Keeps the numbers without a gap until the tables of this name come in at the merge.
SELECT 1;
