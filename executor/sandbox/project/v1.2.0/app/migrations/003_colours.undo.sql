DROP TABLE colour;
