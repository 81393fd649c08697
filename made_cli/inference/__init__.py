"""What a run answers: scores, conditionals, imputations, queries, surprisals."""
