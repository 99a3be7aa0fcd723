package pooling

// Engine numbers the search behind [Form]. It rises whenever the same snapshot,
// seed and work may give other bytes than before, so that a stored round says
// by which search it was formed: a round of an earlier one is proven by [Check]
// and cannot be searched again.
const Engine = 4
