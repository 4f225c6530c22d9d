"""Signs of a Chinese keyboard that look like those of the grammar."""

WIDE = str.maketrans("，：；（）【】＝", ",:;()[]=")
