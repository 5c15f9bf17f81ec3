// The guided tours. Each step names the view it is shown in and the part of the page it points at;
// `start` and `run` say what the tour does when the step is reached.

export const TOURS = {
  "your-seven": [
    {
      title: "Draw a 7, the way you write it",
      text:
        "Draw on the pad. Below it is all that a network gets: 28 × 28 grey levels, cropped, scaled " +
        "and centred. Whatever you draw, it chooses among ten digits. It has no other words.",
      view: "think",
      point: ".drawing",
    },
    {
      title: "A network that has seen few sevens",
      text:
        "Here is a new network with 20 hidden units and only 200 digits to learn from, about 20 of them " +
        "sevens, none of them yours. It is learning now: the loss falls, and the weight " +
        "pictures turn from noise into strokes.",
      view: "learn",
      point: ".charts",
      settings: { examples: 200, hidden: [20], epochs: 30, seed: 7 },
      run: true,
    },
    {
      title: "Now draw your 7 again",
      text:
        "Try a cross stroke, a slant, a serif. The drawing is answered by the network that was just " +
        "trained. Where it fails, it never saw a similar one. At the end of this page stand the " +
        "validation digits that it still gets wrong, with what it took them for.",
      view: "learn",
      point: ".pad-frame",
    },
    {
      title: "Ask it why",
      text:
        "Point at an output. The picture beside its numbers shows which of your pixels spoke for that " +
        "digit (+) and which against it (−). Compare the output for 7 with the one that won.",
      view: "think",
      point: ".unit-panel",
    },
    {
      title: "Teach it your hand",
      text:
        "Under the bars, choose 7 and press “Teach it”. A few gentle steps on your drawing, on " +
        "deformed copies of it and on known digits move the weights. Watch the bars, and see " +
        "whether the validation accuracy held: learning one hand can cost a little of the others.",
      view: "think",
      point: ".teach",
    },
  ],
};
